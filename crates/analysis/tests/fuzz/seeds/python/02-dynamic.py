import importlib, sys, logging, pkgutil
import a.b.c
from importlib.metadata import version, entry_points

log = logging.getLogger("package.module")
__version__ = version("distribution-name")
for name in ("x", "y.z"):
    importlib.import_module(name, package="package")
importlib.import_module(".rel", package="package.sub")
__import__("package.%s" % name)
sys.modules["package.alias"] = sys.modules.get(__name__)
data = pkgutil.get_data("package", "data/file.txt")
open(os.path.join(os.path.dirname(__file__), "templates", "a.html"))
a.b.c.d(a.b); del a
exec("from a.b import c")
setattr(sys.modules[__name__], "x", 1)
if sys.platform == "win32":
    raise ImportError("not here")
def f():
    nonlocal_ = a.b
    a = 1
    return a.b
x: "a.b.C | list['a.b.D']" = None
