a /b/ import "x"
<!-- html
--> x
var \u{61}b = "\u2028";
