/*
 * Rust's standard library takes the keys of its hash maps from ProcessPrng, and Debian 12's wine has no such DLL: without it every
 * Rust program ends with code 53 and no word. Wine does have the older SystemFunction036 (RtlGenRandom), which fills a buffer too.
 * The length is narrowed because that function takes 32 bits of it; Rust asks for a few bytes at a time.
 */
#include <windows.h>

BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG length);

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE buffer, SIZE_T length)
{
    return SystemFunction036(buffer, (ULONG)length);
}
