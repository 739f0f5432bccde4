// What glibc declares only under _GNU_SOURCE, which Swift's Glibc module does not set.
int syncfs(int descriptor);

// From <malloc.h>, which is not part of that module.
int mallopt(int parameter, int value);
enum { AKIBA_M_TRIM_THRESHOLD = -1, AKIBA_M_MMAP_THRESHOLD = -3 };
