#error "a header of the framework was taken from the submission"
