/* lost_file.h: a file that gets shorter, or whose disk fails, while the program reads it. */
#ifndef CLI_LOST_FILE_H
#define CLI_LOST_FILE_H

/* The library reads files by mapping them; a byte that is gone raises SIGBUS then, on the thread
 * that looks. From now on that ends the program with a sentence that names the file, and status 1.
 * What it was writing appears by a rename at the end, so nothing half done remains. */
void lost_file_watch(void);

#endif
