"""What can end a command, each with a plain sentence and the exit code that scripts see (`docs/reference/exit-codes.md`)."""

from enum import IntEnum


class ExitCode(IntEnum):
    """The exit codes of every command."""

    OK = 0
    FOUND_WRONG = 1
    USAGE = 2
    ADDRESS = 3
    DATA_FOLDER = 4
    DATA_IN_USE = 5
    BROKER = 6
    STORE = 7
    REFUSED = 8
    HELD_ELSEWHERE = 9
    DIFFERS = 10
    NOT_REBUILT = 11
    UNEXPECTED = 70


class GlasshouseError(Exception):
    """A command cannot go on; the message is one plain sentence: what is wrong, and what to do."""

    exit_code = ExitCode.UNEXPECTED


class SettingsError(GlasshouseError):
    """A setting or an option cannot be understood."""

    exit_code = ExitCode.USAGE


class AddressError(GlasshouseError):
    """An address to listen on is taken or not ours."""

    exit_code = ExitCode.ADDRESS


class DataFolderError(GlasshouseError):
    """The data folder cannot be used: not writable, or written by a newer version."""

    exit_code = ExitCode.DATA_FOLDER


class DataInUseError(GlasshouseError):
    """Another process owns the data folder."""

    exit_code = ExitCode.DATA_IN_USE


class RefusedError(GlasshouseError):
    """The running server refused: the key is missing, wrong or too weak, or the request is not valid."""

    exit_code = ExitCode.REFUSED
