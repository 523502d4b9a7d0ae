"""The web page (`defacto serve`): the same pictures as the reports, live, with everything a link away."""
