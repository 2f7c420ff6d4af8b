<?php
/** @generated */
# c
$a = <<<X
// no
X;
?>
<p>
