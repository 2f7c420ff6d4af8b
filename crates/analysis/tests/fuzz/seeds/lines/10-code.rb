=begin
x
=end
def a; %q(# no) end # c
__END__
