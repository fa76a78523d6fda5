#pragma once
#include "LiveLinkTypes.h"

class ULiveLinkRole;

class ILiveLinkClient
{
public:
    virtual ~ILiveLinkClient() = default;
    virtual void PushSubjectStaticData_AnyThread(
        const FLiveLinkSubjectKey& subject, TSubclassOf<ULiveLinkRole> role, FLiveLinkStaticDataStruct&& data) = 0;
    virtual void PushSubjectFrameData_AnyThread(const FLiveLinkSubjectKey& subject, FLiveLinkFrameDataStruct&& data) = 0;
};
