"""The battery of attacks: somebody of each role follows every link and sends every form what no person would."""
