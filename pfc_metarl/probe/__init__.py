"""The probe: one illustrated report on how a frozen network's activity carries its learning."""
