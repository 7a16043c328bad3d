"""Physics as pure functions of arrays, in rooms.

`air` wind, turbulence, weather, humidity · `light` sun, sky, infrared · `thermal` heat in solid bodies ·
`gas` dispersion, chemistry, background · `fire` pyrolysis to flame · `particles` aerosol ·
`electric` line, faults, discharges · `sound` · `motion` pole and wires · `storms` lightning ·
`energy` panel, battery, case.
"""
