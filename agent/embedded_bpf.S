/* The kernel's programs, carried inside the agent so that a target machine needs no other file. */
    .macro embed name, file
    .balign 16
    .global leaklens_\name\()_begin
leaklens_\name\()_begin:
    .incbin "\file"
    .global leaklens_\name\()_end
leaklens_\name\()_end:
    .endm

    .section .rodata
    embed heap_object, LEAKLENS_HEAP_OBJECT
    embed heap_no_loop_object, LEAKLENS_HEAP_NO_LOOP_OBJECT
    .section .note.GNU-stack,"",%progbits
