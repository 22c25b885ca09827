"""Payment files for the bank's tests, written by hand; the portal's builder meets this bank elsewhere."""

from datetime import date

HEAD = '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"><CstmrCdtTrfInitn>'
TAIL = "</CstmrCdtTrfInitn></Document>"
AGENT = "<FinInstnId><ClrSysMmbId><ClrSysId><Cd>GBDSC</Cd></ClrSysId><MmbId>{}</MmbId></ClrSysMmbId></FinInstnId>"


def pounds(pence: int) -> str:
    return f"{pence // 100}.{pence % 100:02d}"


def transfer(end_to_end_id: str, pence: int, *, account: str = "11112222") -> str:
    """One CdtTrfTxInf element."""
    return (
        f"<CdtTrfTxInf><PmtId><EndToEndId>{end_to_end_id}</EndToEndId></PmtId>"
        f'<Amt><InstdAmt Ccy="GBP">{pounds(pence)}</InstdAmt></Amt>'
        f"<CdtrAgt>{AGENT.format('102030')}</CdtrAgt><Cdtr><Nm>Sample Trust</Nm></Cdtr>"
        f"<CdtrAcct><Id><Othr><Id>{account}</Id></Othr></Id></CdtrAcct>"
        f"<RmtInf><Ustrd>Sample payment</Ustrd></RmtInf></CdtTrfTxInf>"
    )


def payment_file(
    message_id: str, payments: dict[str, int], *, on: date = date(2027, 5, 4), account: str = "11112222"
) -> bytes:
    """A pain.001 message with one batch; `payments` maps EndToEndId to pence."""
    totals = f"<NbOfTxs>{len(payments)}</NbOfTxs><CtrlSum>{pounds(sum(payments.values()))}</CtrlSum>"
    body = "".join(transfer(name, pence, account=account) for name, pence in payments.items())
    return (
        f"{HEAD}<GrpHdr><MsgId>{message_id}</MsgId>{totals}</GrpHdr>"
        f"<PmtInf><PmtInfId>{message_id}-1</PmtInfId>{totals}<ReqdExctnDt><Dt>{on}</Dt></ReqdExctnDt>"
        f"<DbtrAcct><Id><Othr><Id>00010001</Id></Othr></Id></DbtrAcct><DbtrAgt>{AGENT.format('000100')}</DbtrAgt>"
        f"{body}</PmtInf>{TAIL}"
    ).encode()
