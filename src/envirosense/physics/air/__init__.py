"""Air: wind, turbulence, weather, humidity, rain and fog."""
