function mpc = two
%{
bus = [9
  %{
%}
 %}
mpc.version = '2'; mpc.name = 'it''s; 100 %'
mpc.baseMVA = 100;
mpc.bus = [1 3 0 0 0 0 1 1 0 345
2 1 100 0 0 0 1 1 0 345];
mpc.bus_name = {
'a }'; "b" % }
{ 1, '}' }
};
mpc.gen = [ 1, 0, 0, Inf, -Inf, ... on
 1, 100, 1 ];
mpc.branch = [1 2 0 0.25 0 0 0 0 0 0 1];
end
