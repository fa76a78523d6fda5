#pragma once
#include "CoreMinimal.h"

struct FLiveLinkSubjectName
{
    FLiveLinkSubjectName(FName name);
};

struct FLiveLinkSubjectKey
{
    FLiveLinkSubjectKey() = default;
    FLiveLinkSubjectKey(FGuid source, FLiveLinkSubjectName subject);
};

struct FLiveLinkWorldTime
{
    FLiveLinkWorldTime() = default;
    explicit FLiveLinkWorldTime(double seconds);
};

struct FLiveLinkBaseStaticData
{
    static UScriptStruct* StaticStruct();
    TArray<FName> PropertyNames;
};

struct FLiveLinkBaseFrameData
{
    static UScriptStruct* StaticStruct();
    TArray<float> PropertyValues;
    FLiveLinkWorldTime WorldTime;
};

/** Holds one structure by its type; moved, never copied. */
template <typename Base>
class StandInStruct
{
public:
    explicit StandInStruct(const UScriptStruct* type);
    StandInStruct(StandInStruct&&);
    StandInStruct(const StandInStruct&) = delete;
    template <typename T>
    T* Cast()
    {
        static_assert(std::is_base_of_v<Base, T>, "another kind of data");
        return nullptr;
    }
};

using FLiveLinkStaticDataStruct = StandInStruct<FLiveLinkBaseStaticData>;
using FLiveLinkFrameDataStruct = StandInStruct<FLiveLinkBaseFrameData>;
