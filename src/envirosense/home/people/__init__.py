"""The people of a home: activities, habits, and where everybody is."""
