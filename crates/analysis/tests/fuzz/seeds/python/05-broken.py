def f(:
    return (
class
  x = """unfinished
