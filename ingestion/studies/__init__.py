"""cBioPortal studies: which file of an archive is what, who was sequenced, and whether its identifiers meet."""
