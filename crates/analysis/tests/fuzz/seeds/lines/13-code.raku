#`[ block ]
=begin pod
x
=end pod
say "a";
