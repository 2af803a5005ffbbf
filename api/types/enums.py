"""The enums of the schema. Their values are the words that events and read models use."""

from enum import Enum

import strawberry


class Worded(Enum):
    """What events or read models have a word for, too."""

    @property
    def word(self) -> str:
        """As it stands there."""
        return str(self.value)


@strawberry.enum(
    description="How far a value, as corrected, can be trusted: the device's own word and our checks, the worse of the two."
)
class Quality(Enum):
    GOOD = strawberry.enum_value("good", description="Nothing speaks against it.")
    SUSPECTED = strawberry.enum_value("suspected", description="The device itself doubts it.")
    BAD = strawberry.enum_value(
        "bad", description="The device says it is wrong, it lies outside what its metric can be, or people excluded it."
    )


@strawberry.enum(description="Whose days windows of a day are.")
class Calendar(Enum):
    UTC = strawberry.enum_value("utc", description="Days of UTC.")
    SITE = strawberry.enum_value("site", description="Days of the site's time zone: 23 or 25 hours where its clocks change.")


@strawberry.enum(description="What a correction does to a value.")
class Operation(Worded):
    SCALE = strawberry.enum_value("scale", description="Multiplies it by the amount.")
    OFFSET = strawberry.enum_value("offset", description="Adds the amount.")
    REPLACE = strawberry.enum_value("replace", description="Puts the amount in its place; the device's own word of it is void.")
    EXCLUDE = strawberry.enum_value("exclude", description="Takes it out of account: it stays as it is, and is bad.")
    RESTORE = strawberry.enum_value("restore", description="Gives back what the device sent: undoes all corrections before it.")


@strawberry.enum(description="How far an hour is from what is usual: its modified z-score.")
class AnomalySeverity(Worded):
    MINOR = strawberry.enum_value("minor", description="5 or more: one hour in a hundred, where nothing is controlled.")
    MAJOR = strawberry.enum_value("major", description="7 or more: one hour in five hundred.")
    CRITICAL = strawberry.enum_value("critical", description="10 or more: hardly any but faults.")


@strawberry.enum(description="Whether a device is there, by its own word or its last will.")
class DeviceStatus(Enum):
    ONLINE = strawberry.enum_value("online", description="It said that it came online.")
    OFFLINE = strawberry.enum_value("offline", description="It said goodbye, or the broker spoke its last will.")


@strawberry.enum(description="What an actuator is like, and with that which commands it takes where none are declared.")
class ActuatorType(Worded):
    SWITCH = strawberry.enum_value("switch", description="`set` to `on` or `off`.")
    LEVEL = strawberry.enum_value("level", description="`set` to a number, 0 to 100 %.")
    COVER = strawberry.enum_value("cover", description="`set` to `open`, `closed` or a number, 0 (closed) to 100 % (open).")


@strawberry.enum(description="How a device is spoken to, and speaks, over MQTT.")
class Dialect(Worded):
    NATIVE = strawberry.enum_value("native", description="The layout of our own, below `glasshouse/<site>/<device>`.")
    ZIGBEE2MQTT = strawberry.enum_value("zigbee2mqtt", description="Behind a Zigbee2MQTT bridge.")
    TASMOTA = strawberry.enum_value("tasmota", description="A device that runs Tasmota.")
    SHELLY = strawberry.enum_value("shelly", description="A Shelly.")


@strawberry.enum(description="What the checks made of an event.")
class Validity(Enum):
    VALID = strawberry.enum_value("valid", description="It was understood, and nothing speaks against it.")
    SUSPECTED = strawberry.enum_value("suspected", description="The device doubts it, or its clock cannot be believed.")
    BAD = strawberry.enum_value("bad", description="It holds a value that cannot be; the reasons say which.")
    DEAD_LETTER = strawberry.enum_value("dead_letter", description="It could not be understood and is kept as it came.")
    UNREADABLE = strawberry.enum_value("unreadable", description="This version of the server cannot read it.")


@strawberry.enum(description="Where a command stands. The first four are on the way, the others are ends, for good.")
class CommandState(Worded):
    REQUESTED = strawberry.enum_value("requested", description="It is asked for, and not sent yet.")
    DISPATCHING = strawberry.enum_value("dispatching", description="It is being sent: it may or may not be on its way.")
    DISPATCHED = strawberry.enum_value("dispatched", description="The broker has it.")
    ACKNOWLEDGED = strawberry.enum_value("acknowledged", description="The device has it, and is about it.")
    SUCCEEDED = strawberry.enum_value("succeeded", description="It is done.")
    FAILED = strawberry.enum_value("failed", description="The device could not, or it was certainly not sent; the reason says.")
    REJECTED = strawberry.enum_value("rejected", description="It was not taken, by the device or before it was sent.")
    EXPIRED = strawberry.enum_value("expired", description="It was never sent: its deadline passed first.")
    TIMED_OUT = strawberry.enum_value("timed_out", description="It was sent, and the device did not say what became of it.")
    UNKNOWN = strawberry.enum_value("unknown", description="Nobody can tell whether it was sent. It is not sent again.")
    CANCELLED = strawberry.enum_value("cancelled", description="It was taken back before it was sent.")


@strawberry.enum(description="What a device answers to a command.")
class AnswerResult(Enum):
    ACCEPTED = strawberry.enum_value("accepted", description="It is about it.")
    SUCCEEDED = strawberry.enum_value("succeeded", description="It has done it.")
    FAILED = strawberry.enum_value("failed", description="It tried and could not.")
    REJECTED = strawberry.enum_value("rejected", description="It does not take it.")


@strawberry.enum(description="What becomes of a command for a device that is known to be offline.")
class WhenOffline(Enum):
    REFUSE = strawberry.enum_value("refuse", description="It is refused.")
    HOLD = strawberry.enum_value("hold", description="It waits for the device, up to its deadline.")


@strawberry.enum(description="What happens to the other commands of a request when one of them does not succeed.")
class OnFailure(Worded):
    LEAVE = strawberry.enum_value("leave", description="Nothing: each stands for itself.")
    SET_BACK = strawberry.enum_value(
        "set_back",
        description="Those not sent yet are cancelled, those that succeeded are set back to the state before, if it is known.",
    )


@strawberry.enum(description="How a read model stands.")
class ProjectionState(Enum):
    STARTING = strawberry.enum_value("starting", description="It loads what it kept.")
    CATCHING_UP = strawberry.enum_value("catching_up", description="It reads what the log already holds.")
    LIVE = strawberry.enum_value("live", description="It has read all there is, and follows.")
    HALTED = strawberry.enum_value("halted", description="It failed and stands still; the error says why. The others go on.")


@strawberry.enum(description="How much an alert matters.")
class AlertSeverity(Worded):
    INFO = strawberry.enum_value("info", description="Good to know.")
    WARNING = strawberry.enum_value("warning", description="To be looked at soon.")
    CRITICAL = strawberry.enum_value("critical", description="To be looked at now.")


@strawberry.enum(description="How an alert stands.")
class AlertState(Worded):
    OPEN = strawberry.enum_value("open", description="Its rule is not kept.")
    CLEARED = strawberry.enum_value("cleared", description="It is over.")
    REFUTED = strawberry.enum_value("refuted", description="What came later showed that it was none.")


@strawberry.enum(description="What became of a notification so far.")
class NotificationState(Worded):
    REQUESTED = strawberry.enum_value("requested", description="It is to be sent.")
    RETRYING = strawberry.enum_value("retrying", description="Its target did not take it yet: it is tried again.")
    DELIVERED = strawberry.enum_value("delivered", description="Its target took it.")
    GIVEN_UP = strawberry.enum_value("given_up", description="It is tried no more.")


@strawberry.enum(description="What somebody is told of an alert.")
class NotificationWord(Enum):
    RAISED = strawberry.enum_value("raised", description="Its rule is not kept.")
    CLEARED = strawberry.enum_value("cleared", description="It is over.")
    REFUTED = strawberry.enum_value("refuted", description="What came later showed that it was none.")
    PAST = strawberry.enum_value(
        "past", description="It began and was over before anybody was told: history shows it that was handed in."
    )


@strawberry.enum(description="What was said of an alert.")
class AlertChange(Enum):
    RAISED = strawberry.enum_value(
        "raised", description="Its rule is not kept; or not again, so soon that it is the same alert."
    )
    REVISED = strawberry.enum_value("revised", description="Since when, or until when, is known better now.")
    ACKNOWLEDGED = strawberry.enum_value("acknowledged", description="Somebody has seen it.")
    SILENCED = strawberry.enum_value("silenced", description="Nobody is to be told of it for a while.")
    CLEARED = strawberry.enum_value("cleared", description="It is over.")
    REFUTED = strawberry.enum_value("refuted", description="What came later showed that it was none.")


@strawberry.enum(description="What a threshold is held against.")
class AlertBasis(Worded):
    READINGS = strawberry.enum_value("readings", description="Each reading.")
    MINUTES = strawberry.enum_value("minutes", description="The mean of each minute.")


@strawberry.enum(description="What a back-test is told of the past.")
class BacktestBasis(Enum):
    AS_CORRECTED = strawberry.enum_value(
        "as_corrected",
        description="The readings as they count now: late ones in their place, corrected, without what is bad. Devices are "
        "where they are now.",
    )
    AS_KNOWN = strawberry.enum_value(
        "as_known",
        description="The log as it came, event after event: what would have been told, and what would have been taken back.",
    )
