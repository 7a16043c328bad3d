"""What Home Assistant does by itself in a home: automations, scripts, scenes."""
