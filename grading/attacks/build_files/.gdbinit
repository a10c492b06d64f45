shell echo gdb >> @WITNESS@
