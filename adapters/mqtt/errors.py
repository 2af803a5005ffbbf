"""What can go wrong between us and a broker; each message says in plain words what happened, and what to do."""


class MqttError(Exception):
    """Of the broker, or of the connection to it."""


class BrokerUnreachableError(MqttError):
    """The broker is not there, or not ready: the same attempt may work later."""


class BrokerRefusedError(MqttError):
    """The broker answered, and will not have us: trying again changes nothing."""


class BrokerUntrustedError(BrokerRefusedError):
    """TLS failed: no proof that this is the broker it should be."""


class BrokerUnansweringError(BrokerRefusedError):
    """The broker took the connection and closed it without a word, as iotcore does with a wrong password."""


class SessionTakenOverError(MqttError):
    """Somebody else connected under our client id. Coming back would throw him out, and so on for ever."""


class ConnectionLostError(MqttError):
    """The connection ended; a session opens another."""


class NotAcknowledgedError(MqttError):
    """A message was not acknowledged: the broker may or may not have it."""


class NotConnectedError(NotAcknowledgedError):
    """There is no connection at the moment; the broker does not have the message."""


class OutboxFullError(NotAcknowledgedError):
    """Too much is waiting to be published; the broker does not have the message."""


class TopicNotAllowedError(MqttError):
    """Nothing can be published to this topic: the broker would close our connection."""


class MessageTooLargeError(MqttError):
    """The broker does not take messages of this size."""


class MessageExpiredError(MqttError):
    """A message waited for its broker until its time was over; it was not sent."""


class BrokerStartError(MqttError):
    """The embedded broker does not start."""


class PortTakenError(BrokerStartError):
    """Something else listens where the broker was to listen, or we may not."""
