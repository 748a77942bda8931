"""The published file in a chat: tools of the Model Context Protocol. (`mcp` without a room before it is the SDK.)"""
