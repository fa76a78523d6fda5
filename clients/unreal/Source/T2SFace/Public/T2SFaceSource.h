// Copyright (c) 2026 the t2s-rt authors. SPDX-License-Identifier: MIT
#pragma once

#include "CoreMinimal.h"
#include "ILiveLinkSource.h"
#include "LiveLinkSourceFactory.h"
#include "LiveLinkTypes.h"
#include "Tickable.h"
#include "t2s_face.hpp"
#include "T2SFaceSource.generated.h"

class IWebSocket;

/** Receives faces and gives Live Link one subject of the basic role: a property per ARKit name. */
class T2SFACE_API FT2SFaceSource : public ILiveLinkSource, public FTickableGameObject
{
public:
    explicit FT2SFaceSource(const FString& InUrl);
    virtual ~FT2SFaceSource() override;

    // ILiveLinkSource
    virtual void ReceiveClient(ILiveLinkClient* InClient, FGuid InSourceGuid) override;
    virtual bool IsSourceStillValid() const override;
    virtual bool RequestSourceShutdown() override;
    virtual FText GetSourceType() const override;
    virtual FText GetSourceMachineName() const override;
    virtual FText GetSourceStatus() const override;

    // FTickableGameObject: sends the face of this moment, and connects again where the connection ended
    virtual void Tick(float DeltaSeconds) override;
    virtual bool IsTickable() const override { return Client != nullptr; }
    virtual bool IsTickableInEditor() const override { return true; }
    virtual bool IsTickableWhenPaused() const override { return true; }
    virtual TStatId GetStatId() const override;

private:
    void Connect();
    void Disconnect();
    void Take(const void* Data, SIZE_T Size);
    void Say(const t2s::Writer::Bytes& Bytes);
    void PushNames();

    FString Url;
    FLiveLinkSubjectKey Subject;
    ILiveLinkClient* Client = nullptr;
    TSharedPtr<IWebSocket> Socket;
    TArray<uint8> Message;
    FText Status;
    double RetryAtSeconds = 0;
    double PingAtSeconds = 0;
    t2s::Reader Reader;
    t2s::Writer Writer;
    t2s::Playback Playback;
    t2s::ServerClock Clock;
    t2s::Frame Shown;
};

/** Puts "T2S singing face" on the list of Live Link sources; the connection string is the engine's address. */
UCLASS()
class T2SFACE_API UT2SFaceSourceFactory : public ULiveLinkSourceFactory
{
    GENERATED_BODY()

public:
    virtual FText GetSourceDisplayName() const override;
    virtual FText GetSourceTooltip() const override;
    virtual EMenuType GetMenuType() const override { return EMenuType::MenuEntry; }
    virtual TSharedPtr<ILiveLinkSource> CreateSource(const FString& ConnectionString) const override;
};
