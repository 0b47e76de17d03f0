/* The kernel's programs, carried inside the agent so that a target machine needs no other file. */
    .section .rodata
    .balign 16
    .global leaklens_heap_object_begin
leaklens_heap_object_begin:
    .incbin LEAKLENS_HEAP_OBJECT
    .global leaklens_heap_object_end
leaklens_heap_object_end:
    .section .note.GNU-stack,"",%progbits
