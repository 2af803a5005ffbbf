"""The oracle for "nothing lost": what a ledger says was sent, against what the log and the read models hold."""
