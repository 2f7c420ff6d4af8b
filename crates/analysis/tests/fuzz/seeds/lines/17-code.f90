! c
program a
  print *, "! no"
end
