/* maths.h - elementary functions that give the same bits on every machine and with every compiler.
 *
 * They are musl's (MIT licence), taken at build time from Debian's musl-dev and renamed (cmake/musl_math.cmake); glibc's choose
 * other code on other processors. docs/decisions/0002-maths.md tells more. */
#ifndef MR_BASE_MATHS_H
#define MR_BASE_MATHS_H

#define MR_PI 3.14159265358979323846

double mr_sin(double x);
double mr_cos(double x);
double mr_tan(double x);
double mr_asin(double x);
double mr_acos(double x);
double mr_atan(double x);
double mr_atan2(double y, double x);
double mr_sinh(double x);
double mr_cosh(double x);
double mr_tanh(double x);
double mr_exp(double x);
double mr_expm1(double x);
double mr_log(double x);
double mr_log1p(double x);
double mr_log10(double x);
double mr_pow(double x, double y);
double mr_cbrt(double x);
double mr_fmod(double x, double y);
double mr_floor(double x);
double mr_ceil(double x);
double mr_trunc(double x);
double mr_round(double x); /* halves away from zero */
double mr_rint(double x);  /* halves to even */

static inline double mr_sqrt(double x)
{
    return __builtin_sqrt(x); /* correctly rounded by IEEE 754; compiled with -fno-math-errno to the instruction */
}
static inline double mr_fabs(double x)
{
    return __builtin_fabs(x);
}
static inline double mr_min(double a, double b)
{
    return a < b ? a : b;
}
static inline double mr_max(double a, double b)
{
    return a > b ? a : b;
}
static inline double mr_clamp(double x, double lo, double hi)
{
    return x < lo ? lo : (x > hi ? hi : x);
}

#endif
