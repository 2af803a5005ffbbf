"""What a back-test is asked with, whether for the answer alone or with how far it is meanwhile."""

from datetime import datetime
from typing import Annotated

from api.fields import argument
from api.types.alert_inputs import AlertRuleInput
from api.types.enums import BacktestBasis

Rule = Annotated[AlertRuleInput, argument("The rule. Nothing comes of it but this answer.")]
From = Annotated[datetime, argument("From here on, by the time of measurement.", "from")]
To = Annotated[datetime, argument("Up to here, by the time of measurement, and at most up to now.", "to")]
Basis = Annotated[BacktestBasis, argument("What it is told of the past.")]
