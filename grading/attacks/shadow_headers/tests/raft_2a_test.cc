#error "a test was taken from the submission"
