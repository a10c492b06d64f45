#error "a given file was taken from the submission"
