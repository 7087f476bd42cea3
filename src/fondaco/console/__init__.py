"""The console: what stands in the hub as pages for people who logged in. Nothing is fetched from outside."""

from fondaco.console.app import console
from fondaco.console.house import Asks, Decides, House, Unanswered
from fondaco.console.language import LANGUAGES

__all__ = ["LANGUAGES", "Asks", "Decides", "House", "Unanswered", "console"]
