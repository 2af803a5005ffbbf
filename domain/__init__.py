"""Pure decisions and formulas. No I/O, no clock, no asyncio."""
