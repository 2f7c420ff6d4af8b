/** Doc. */ @X package a.b; import c.*;
