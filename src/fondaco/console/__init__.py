"""The console: what stands in the hub as pages for people who logged in. Nothing is fetched from outside."""

from fondaco.console.app import console
from fondaco.console.draft import PAYMENT_DRAFT
from fondaco.console.draft_store import Drafts
from fondaco.console.house import Asks, Decides, House, Unanswered
from fondaco.console.language import LANGUAGES
from fondaco.console.stage import Stage, Tour

__all__ = ["LANGUAGES", "PAYMENT_DRAFT", "Asks", "Decides", "Drafts", "House", "Stage", "Tour", "Unanswered", "console"]
