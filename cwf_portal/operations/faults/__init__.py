"""The kill battery for money: real worker, Redis, PostgreSQL and bank, killed again and again while the fund pays.

Whatever happens, each payment that fell due must have reached its payee once. That is counted in the bank's own store.
The same faults then meet a worker written as one would without thinking; if that one does well, the battery is no test.
"""
