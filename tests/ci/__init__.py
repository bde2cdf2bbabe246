"""The CI pieces: action.yml, its scripts, and the job for GitLab, run as their hosts run them."""
