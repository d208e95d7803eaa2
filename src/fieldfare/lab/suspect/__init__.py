"""A generated archive of the case's shape: one suspect, his phones and downloads, and the truth.

One adult wrote to 420 people over three months; 131 of them are children, in eight countries.
The archives are in the forms an officer gets (Messenger's download, WhatsApp chats of one phone,
the UFDR of another), and partly hold the same messages. Everybody is invented, the words are mild
stock phrases, and what is measured on it is called simulated.

The phrases (`talk/*.toml`) were written without sight of the phrases Fieldfare looks for, and
those of a part of the people (`Peer.held_out`) are paraphrases kept apart from the start.
"""
