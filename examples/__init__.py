"""Integrations to be copied: how a service is connected with Fieldfare."""
