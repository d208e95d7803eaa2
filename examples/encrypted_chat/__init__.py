"""An end-to-end encrypted chat of two people that Fieldfare protects without reading it.

    make demo-e2ee

Two pages hold the keys and all text. A relay, the messaging service's own server, passes on what it
cannot read: it asks Fieldfare what to do with each message (`POST /v1/decisions`), franks it, and
tells Fieldfare who wrote to whom and when. What was said is noticed on the child's own device alone
(`device/`). A report discloses the messages the child chose, and Fieldfare verifies them.

What it is not: a messenger. Keys are agreed once (X25519, HKDF-SHA256, AES-256-GCM) and never
renewed: there is no ratchet, so who steals a device's key reads everything, also what came before.
The relay hands out the public keys; whoever does not compare safety numbers trusts it with that.
Senders keep no proof of their own messages, so that a child's report holds the other's alone.
"""
