"""Everything about a file that is no attribute: what a data set is wrapped in and padded with.

Preamble, file meta information, bytes behind the data set, unused bits, overlays, curves, icons,
signatures, comments within compressed frames, encapsulated documents. A place that readers skip is
where a name survives.
"""

from services.redactor.layout.actions import Change, FileAction
from services.redactor.layout.file import FinishedFile, finish
from services.redactor.layout.graphics import KeepOverlay

__all__ = ["Change", "FileAction", "FinishedFile", "KeepOverlay", "finish"]
