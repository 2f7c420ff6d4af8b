type Alias[T: (int, str), *Ts, **P] = dict[T, tuple[*Ts]]

def generic[T](x: T) -> T:
    match x:
        case {"a": 1, **rest} if rest:
            pass
        case [first, *_] | (first, _):
            pass
        case Point(x=0, y=-1.5j):
            pass
        case _:
            return x

class Box[T]: pass

try:
    pass
except* (A, B) as group:
    pass
finally:
    pass
print(f"{f'{"nested"}'}", rb"\x00", u'\N{BULLET}', "\ud800", 1_000.5e-3J)
@decorator(lambda *a, **k: (yield))
async def g(): return [i async for i in h() if await i]
with (open("a") as f, open("b") as g): pass
assert x, "no"
	print("tab")
