import aimport b
import c
def f():    pass
	x = 1