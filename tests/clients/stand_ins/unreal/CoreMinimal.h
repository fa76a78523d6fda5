// What the Unreal plug-in uses of Unreal, in our own words and just enough for a compiler to check it. This is no
// Unreal: it shows that names, arguments and types fit our reading of Epic's reference. Nothing here runs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>

using int32 = std::int32_t;
using int64 = std::int64_t;
using uint8 = std::uint8_t;
using SIZE_T = std::size_t;
using TCHAR = char16_t;

#define TEXT(words) u##words
#define UTF8_TO_TCHAR(words) StandInTchar(words)
#define LOCTEXT(key, words) FText()
#define UCLASS(...)
#define GENERATED_BODY(...)
#define RETURN_QUICK_DECLARE_CYCLE_STAT(stat, group) return TStatId()

const TCHAR* StandInTchar(const char* words);

class FString
{
public:
    FString() = default;
    FString(const TCHAR* words);
    explicit FString(const char* words);
    bool IsEmpty() const;
};

class FName
{
public:
    FName() = default;
    FName(const TCHAR* words);
};

class FText
{
public:
    static FText FromString(const FString& words);
};

struct FGuid
{
};

struct TStatId
{
};

template <typename T>
struct TNumericLimits
{
    static constexpr T Max() { return std::numeric_limits<T>::max(); }
};

template <typename T>
std::remove_reference_t<T>&& MoveTemp(T&& value)
{
    static_assert(std::is_lvalue_reference_v<T>, "Unreal refuses to move what is moved already");
    return static_cast<std::remove_reference_t<T>&&>(value);
}

template <typename T>
class TArray
{
public:
    int32 Add(const T& item);
    void Append(const T* items, int32 count);
    void Reset(int32 size = 0);
    int32 Num() const;
    T* GetData();
    const T* GetData() const;
};

template <typename T>
class TSharedRef
{
public:
    T* operator->() const;
};

template <typename T>
class TSharedPtr
{
public:
    TSharedPtr() = default;
    template <typename Other, typename = std::enable_if_t<std::is_convertible_v<Other*, T*>>>
    TSharedPtr(const TSharedRef<Other>& other);
    T* operator->() const;
    explicit operator bool() const;
    void Reset();
};

template <typename T, typename... Arguments>
TSharedRef<T> MakeShared(Arguments&&... arguments)
{
    static_cast<void>(sizeof(T(std::forward<Arguments>(arguments)...)));
    return TSharedRef<T>();
}

class UClass;
class UScriptStruct;

/** A class, or a class below it. */
template <typename T>
class TSubclassOf
{
public:
    TSubclassOf(UClass* type);
};

template <typename... Arguments>
class TMulticastDelegate
{
public:
    template <typename Function, typename = decltype(std::declval<Function>()(std::declval<Arguments>()...))>
    void AddLambda(Function&&) {}
    void Clear();
};
