--[==[ a
]==]
print("x") -- c
