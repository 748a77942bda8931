"""Biomarkers: a small language, and which sample is in which named group or has which value.

``language.parse.parse`` reads the language, ``evaluate.evaluate`` assigns the samples, ``inputs.BiomarkerInputs`` says
what an evaluation reads.
"""
