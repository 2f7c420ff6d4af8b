const
\ud800