"""Fire before and after the flame: pyrolysis, smouldering, combustion and what they give off."""
