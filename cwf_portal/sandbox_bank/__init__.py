"""A small bank to talk to in the demo, in tests and in `journey`.

It is a process of its own with a store of its own, and imports nothing of the portal: whatever the portal believes
about its payments can be checked against what this bank did. It has no clock: dates arrive in payment files, in
credits, debits and in `advance`. Run it with `python -m cwf_portal.sandbox_bank --port 8901 --store var/bank.sqlite3`.
"""
