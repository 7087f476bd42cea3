"""The examination of documents under a credit: deterministic rules, each citing its article. The engine proposes; the bank decides."""
