{- block {- nested -} -}
module A where
-- | doc
f x = "a -- b" ++ ['"']

